/** A text as one word for a POSIX shell: quoted only where the shell would take it apart. Test: test/shared/shellWord.test.ts. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
