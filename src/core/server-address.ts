/** Whether a database is named by the address of a server, and not by the path of a file. */
export function isServerAddress(database: string): boolean {
  return /^postgres(?:ql)?:\/\//iu.test(database);
}
