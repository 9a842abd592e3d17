// Values as colours: a table of 256 from low to high, whose middle stands for zero where it is signed.

// Which of the 256 colours stands for a value, as a function; signed scales are even about zero.
function shade(signed, [low, high]) {
  const reach = Math.max(-low, high) || 1;
  const [from, to] = signed ? [-reach, reach] : [low, high];
  return (value) => {
    const clipped = Math.min(high, Math.max(low, value));
    return Math.round((255 * (clipped - from)) / (to - from));
  };
}

// The colours as whole pixels; bytes stand in memory as red, green, blue, opacity.
function pixelTable(colours) {
  const bytes = new Uint8ClampedArray(4 * 256).fill(255);
  for (let i = 0; i < 256; i++) bytes.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
  return new Uint32Array(bytes.buffer);
}

function css(colours, shade) {
  return `rgb(${colours.subarray(3 * shade, 3 * shade + 3).join(" ")})`;
}
