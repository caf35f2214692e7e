/** Lengths and cuts of text as it will be stored, without encoding it. */

/** How many bytes the text takes in UTF-8; a lone surrogate takes three, as the character that replaces it. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0, width = 0; index < text.length; index += unitsOf(width)) {
    width = bytesAt(text, index);
    bytes += width;
  }
  return bytes;
}

const marker = '… (truncated)';
const markerBytes = utf8Length(marker);

/** The text, or as many of its characters as fit into `maxBytes` together with the mark that it was cut. */
export function truncateUtf8(text: string, maxBytes: number): string {
  // No character is shorter than a byte: a text of more units than that is not looked at in full.
  if (text.length <= maxBytes && utf8Length(text) <= maxBytes) return text;
  return text.slice(0, unitsThatFit(text, maxBytes - markerBytes)) + marker;
}

function unitsThatFit(text: string, maxBytes: number): number {
  let index = 0;
  let left = maxBytes;
  while (index < text.length) {
    const width = bytesAt(text, index);
    left -= width;
    if (left < 0) break;
    index += unitsOf(width);
  }
  return index;
}

/** The bytes of the character that starts at `index`. */
function bytesAt(text: string, index: number): number {
  const code = text.codePointAt(index) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x1_0000 ? 3 : 4;
}

function unitsOf(bytes: number): number {
  return bytes === 4 ? 2 : 1;
}
