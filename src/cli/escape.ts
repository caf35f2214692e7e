/** Job data is anybody's text: nothing in it may steer the terminal that shows it. */

// Control characters, lone surrogates, line separators, and the marks that turn the direction of writing around.
const steering = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const named: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
};

function unicodeEscape(character: string): string {
  return String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0');
}

/** The text on one line, harmless. */
export function escapeLine(text: string): string {
  return text.replace(steering, (character) => named[character] ?? unicodeEscape(character));
}

/** The text with its line breaks, harmless otherwise. JSON stays the same JSON. */
export function escapeBlock(text: string): string {
  return text.replace(steering, (character) =>
    character === '\n' ? character : unicodeEscape(character),
  );
}
