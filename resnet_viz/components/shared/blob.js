// Bytes from Python read back; the layout is described in figures/blob.py.

const NUMBERS = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array };

// The header's facts, and each array under its name.
function readBlob(bytes) {
  const whole = bytes.slice().buffer; // from 0 on, so that every number stands where it must
  let at = 4 + new DataView(whole).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(whole, 4, at - 4));
  const { arrays, ...blob } = JSON.parse(text);
  for (const { name, type, shape } of arrays) {
    const count = shape.reduce((product, side) => product * side, 1);
    blob[name] = new NUMBERS[type](whole, at, count);
    at += Math.ceil(blob[name].byteLength / 4) * 4;
  }
  return blob;
}

const sameBytes = (a, b) => a.length === b?.length && a.every((byte, i) => byte === b[i]);

// The bytes of a PNG or JPEG into an <img>; the same ones once more change nothing.
const IMAGES = new WeakMap();

function showImage(image, bytes) {
  if (sameBytes(bytes, IMAGES.get(image))) return;
  IMAGES.set(image, bytes.slice());
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes]));
}
