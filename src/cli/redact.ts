// Up to the last @ of the word: a password that was not percent-encoded may hold one itself.
const credentials = /([a-z][\w+.-]*:\/\/[^\s:/@]*):\S*@/giu;
const passwordParameter = /([?&]password=)[^\s&#]*/giu;

/** The text without the passwords of the connection strings in it. */
export function redact(text: string): string {
  return text.replace(credentials, '$1:***@').replace(passwordParameter, '$1***');
}
