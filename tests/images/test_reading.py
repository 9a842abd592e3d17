"""Images of strangers: decoded elsewhere, within limits, equal to what is decoded here."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from resnet_viz.errors import ImageError
from resnet_viz.images import decode, read_image, reading
from resnet_viz.images.decode import View
from resnet_viz.isolation import Answer, Isolated, Limits, Stopped
from tests.images.example_images import chunk, photograph, png, saved, small_files

SIZE = 19_000_000  # bytes, within the limit


JPEG, PNG, GIF = (saved(photograph(), kind) for kind in ("JPEG", "PNG", "GIF"))
GIF_TABLE = 13 + 3 * 2 ** ((GIF[10] & 7) + 1)  # where the colours end
# Files within all limits of size, of very many tiny parts: what comes before them, a part, what follows.
OF_MANY_PARTS = {
    "jpeg segments": (JPEG[:2], b"\xff\xee\x00\x02", JPEG[2:]),
    "jpeg restarts": (JPEG[:2], b"\xff\xd0", JPEG[2:]),
    "jpeg padding": (JPEG[:2], b"\xff", JPEG[2:]),
    "jpeg junk": (JPEG[:20], b"\x00", JPEG[20:]),  # behind the first segment
    "png chunks": (PNG[:33], chunk(b"abCd", b""), PNG[33:]),
    "png texts": (PNG[:33], chunk(b"tEXt", b"a\x00b"), PNG[33:]),
    "png pixels": (PNG[:33], chunk(b"IDAT", b""), PNG[33:]),
    "gif comments": (GIF[:GIF_TABLE], b"\x21\xfe\x01a\x00", GIF[GIF_TABLE:]),
    "gif comment": (GIF[:GIF_TABLE] + b"\x21\xfe", b"\x01a", b"\x00" + GIF[GIF_TABLE:]),
}


@pytest.mark.parametrize("kind", OF_MANY_PARTS)
def test_a_file_of_many_tiny_parts_is_refused(kind):
    before, part, after = OF_MANY_PARTS[kind]
    file = before + part * (SIZE // len(part)) + after
    with pytest.raises(ImageError, match=r"has more than [\d,]+ .* no camera or program writes"):
        read_image(file)


@pytest.mark.parametrize("kind", small_files())
def test_elsewhere_and_here_are_the_same(kind):
    file = small_files()[kind]
    here, elsewhere = decode.read_image(file, "x"), read_image(file, "x")
    assert (here.rgb == elsewhere.rgb).all()
    assert here == elsewhere
    assert (here.name, here.notes, here.original_size) == (
        elsewhere.name,
        elsewhere.notes,
        elsewhere.original_size,
    )


def test_what_is_refused_here_is_refused_in_the_same_words():
    for file in (b"", b"hello", saved(photograph())[:60], png(9000, 9000, 8, 0, b"")):
        sentences = []
        for read in (decode.read_image, read_image):
            with pytest.raises(ImageError) as refusal:
                read(file)
            sentences.append(str(refusal.value))
        assert sentences[0] == sentences[1]


@pytest.mark.parametrize("why", ["time", "memory", "crash", "busy", "fault"])
def test_every_way_to_end_without_an_answer_has_a_sentence(monkeypatch, why):
    def stops(*args, **options):
        raise Stopped(why)

    monkeypatch.setattr(reading, "_DECODER", stops)
    with pytest.raises(ImageError, match=r"^[A-Z].*; .*\.$"):
        read_image(saved(photograph()))


def spin(content: bytes, view: object = None) -> Answer:
    """A decoder that never ends for one kind of file."""
    while content == b"hostile":
        pass
    return decode.decoded(content)


def test_honest_images_are_opened_while_hostile_ones_hold_the_decoder(monkeypatch):
    limits = Limits(300_000_000, cpu_s=0.6, wall_s=60.0)
    decoder = Isolated(spin, limits, processes=2, quick_s=0.2)
    monkeypatch.setattr(reading, "_DECODER", decoder)
    ended: list[str] = []

    def hostile(number):
        with pytest.raises(ImageError, match=r"too long|being opened"):
            read_image(b"hostile", owner=f"hostile {number % 3}")
        ended.append("hostile")

    def honest():
        while len(decoder._running) < 2 or len(decoder._waiting) < 4:
            time.sleep(0.01)
        image = read_image(saved(photograph()), owner="honest")
        ended.append("honest")
        return image

    with ThreadPoolExecutor(9) as threads:
        attack = [threads.submit(hostile, number) for number in range(6)]
        image = threads.submit(honest).result()
        for each in attack:
            each.result()
    decoder.close()
    assert image.rgb.shape == (32, 48, 3)
    assert ended.index("honest") <= 2  # of six that came before


def test_sessions_do_not_disturb_each_other():
    files = list(small_files().values())
    alone = [decode.read_image(file).rgb for file in files]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda file: read_image(file).rgb, files * 3))
    for expected, got in zip(alone * 3, together, strict=True):
        assert (expected == got).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("turned_first", [True, False])
def test_a_view_is_of_all_pixels_of_the_upright_image(monkeypatch, orientation, turned_first):
    """Pillow's own turn, resize and crop, one after the other."""
    noise = np.random.default_rng(0).integers(0, 256, (151, 250, 3), np.uint8)
    image = Image.fromarray(noise).resize((1999, 1201), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = saved(image, "PNG", exif=exif, compress_level=1)
    turn = decode._TURNS.get(orientation)
    upright = image.transpose(turn) if turn is not None else image
    size = (256, 426) if upright.width < upright.height else (426, 256)
    view = View(size, (17, 5), (200, 190), Image.Resampling.BILINEAR)
    expected = upright.resize(size, Image.Resampling.BILINEAR).crop((17, 5, 217, 195))
    if not turned_first:  # as images of which a turned copy would take too much memory
        monkeypatch.setattr(decode, "MEGAPIXELS_TURNED", 0)
    assert (decode._viewed(file, "PNG", view) == np.asarray(expected)).all()


def test_a_reduced_image_is_resized_from_all_its_pixels():
    noise = np.random.default_rng(0).integers(0, 256, (1201, 1999, 3), np.uint8)
    image = read_image(saved(Image.fromarray(noise), "PNG", compress_level=1))
    view = View((426, 256), (17, 5), (200, 190), Image.Resampling.BILINEAR)
    expected = Image.fromarray(noise).resize((426, 256), Image.Resampling.BILINEAR)
    assert image.original_size == (1999, 1201)
    assert image.rgb.shape == (961, 1600, 3)
    assert (reading.resized_crop(image, view) == np.asarray(expected)[5:195, 17:217]).all()


def test_a_small_image_does_not_keep_its_file():
    assert read_image(saved(photograph())).file == b""


def test_the_decoder_is_asked_once_for_a_view(monkeypatch):
    image = read_image(saved(photograph(1700, 1100)))
    view = View((256, 165), (0, 0), (100, 100), Image.Resampling.BILINEAR)
    first = reading.resized_crop(image, view)
    monkeypatch.setattr(reading, "_VIEWER", None)
    assert (reading.resized_crop(image, view) == first).all()
    assert not first.flags.writeable
