"""What the page's network map shows, asked from inside the page."""

from __future__ import annotations

# A thumbnail is a canvas, which is 300 wide until it is drawn. The image is an img.
PARTS = """(() => {
  const root = document.querySelector('.st-key-network_map');
  const thumbs = bench.all('.thumbs canvas', root);
  const image = bench.all('.frame img', root)[0];
  const drawn = image?.src && thumbs.length && thumbs.every((thumb) => thumb.width !== 300);
  return drawn ? { image, last: thumbs.at(-1) } : null;
})()"""

DRAWN = f"""() => {{
  const map = document.querySelector('h1') && {PARTS};
  return map ? [map.image] : null;
}}"""

REMEMBER = f"""() => {{
  const map = {PARTS};
  bench.before = {{ image: map.image.src, last: map.last.toDataURL() }};
}}"""

# Another image, other thumbnails, and the script has come to its end.
REPLACED = f"""() => {{
  const map = bench.idle() && {PARTS};
  if (!map || map.image.src === bench.before.image) return null;
  return map.last.toDataURL() === bench.before.last ? null : [map.image];
}}"""
