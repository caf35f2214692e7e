// Where in doubt, more is hidden: a password that was not percent-encoded may hold anything, spaces and an @ as well.
const credentials = /([a-z][\w+.-]*:\/\/[^\s:/@]*):\S*@/giu;
const credentialsOfServer = /(postgres(?:ql)?:\/\/[^:@\n]*):.*@/giu;
const passwordParameter = /([?&][^=&\s]*password[^=&\s]*=).*?(?=&[\w.%-]+=|$)/gimu;

/** The text without the passwords of the connection strings in it. */
export function redact(text: string): string {
  return text
    .replace(passwordParameter, '$1***')
    .replace(credentialsOfServer, '$1:***@')
    .replace(credentials, '$1:***@');
}
