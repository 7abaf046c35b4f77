import { CordwoodError } from '../../base/errors.ts';
import type { Terminal } from '../contract.ts';

/** Characters of a password, at most. */
const LONGEST = 1000;

/**
 * Reads a password: on a terminal twice and without showing it, else the first line of stdin.
 * @throws CordwoodError ERR_USAGE if it is empty, too long, or the two differ
 */
export async function readPassword(terminal: Terminal): Promise<string> {
  const { stdin } = terminal;
  if (!stdin.isTTY || !stdin.setRawMode) return checked(await readLine(stdin));
  const first = checked(await ask(terminal, 'Password: '));
  if ((await ask(terminal, 'The same again: ')) !== first) {
    throw refused('the two differ; try again');
  }
  return first;
}

function checked(password: string): string {
  if (password === '') throw refused('it is empty');
  if (password.length > LONGEST) throw refused(`it has more than ${LONGEST} characters`);
  return password;
}

async function readLine(stdin: Terminal['stdin']): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += Buffer.from(chunk).toString();
    if (text.includes('\n') || text.length > 2 * LONGEST) break;
  }
  return text.split(/\r?\n/)[0]!;
}

/** Asks on a terminal whose echo is off. Ctrl-C leaves. */
async function ask({ stdin, stderr }: Terminal, question: string): Promise<string> {
  stderr.write(question);
  stdin.setRawMode!(true);
  let text = '';
  try {
    for await (const character of characters(stdin)) {
      if (character === '\r' || character === '\n') return text;
      if (character === '\u0003' || character === '\u0004') throw refused('interrupted');
      if (character === '\u007f' || character === '\b') text = [...text].slice(0, -1).join('');
      else if (character >= ' ') text += character;
    }
    return text;
  } finally {
    stdin.setRawMode!(false);
    stderr.write('\n');
  }
}

async function* characters(stdin: Terminal['stdin']): AsyncGenerator<string> {
  // The default would close stdin after the first question.
  const chunks = stdin.iterator?.({ destroyOnReturn: false }) ?? stdin;
  for await (const chunk of chunks) yield* Buffer.from(chunk).toString();
}

function refused(reason: string): CordwoodError {
  return new CordwoodError('ERR_USAGE', `cannot read the password: ${reason}`);
}
