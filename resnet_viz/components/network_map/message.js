// A message read back: its text, and the images whose bytes came with it.

// Four bytes with the length of the JSON, the JSON, the picture, the sprite.
function readMap(bytes) {
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const data = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start)));
  const end = start + data.picture;
  const [picture, sprite] = [bytes.subarray(start, end), bytes.subarray(end, end + data.sprite)];
  return { ...data, picture, sprite };
}

// The same bytes once more change nothing: most messages only select another layer.
function showBytes(image, bytes) {
  const before = SHOWN.get(image);
  if (before?.length === bytes.length && before.every((byte, at) => byte === bytes[at])) return;
  SHOWN.set(image, bytes.slice());
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes]));
}

const SHOWN = new WeakMap();
