/** Lists, as the server reads them in text: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */

/** The driver would look at each element twice, and quote numbers. */
export function arrayText(list: readonly (string | number | null)[]): string {
  return `{${list.map(elementText).join(',')}}`;
}

function elementText(element: string | number | null): string | number {
  if (typeof element === 'string') return quoted(element);
  return element ?? 'NULL';
}

const special = /["\\]/u;
const allSpecial = /["\\]/gu;

function quoted(text: string): string {
  return special.test(text) ? `"${text.replaceAll(allSpecial, String.raw`\$&`)}"` : `"${text}"`;
}
