import type { IncomingMessage } from 'node:http';
import { CordwoodError, reasonOf, systemCode } from '../../base/errors.ts';
import { BrokenAnswer, problemError, Refusal } from './answer.ts';

/** Characters of an answer that are read to find out why it is a refusal. */
const READ = 64 << 10;

const NEW_TOKEN = 'there, cordwood token list shows the tokens, and cordwood token add makes one';
const NOT_HERE = 'give the address of its web page (web: url:), and see that a proxy passes on /api/';

/** Why a connection failed, with a remedy. */
export function connectionError(origin: string, error: Error): CordwoodError {
  const code = systemCode(error) ?? '';
  const certificate = certificateFault(code, error);
  if (certificate !== undefined) return new Refusal(`cannot trust ${origin}: ${certificate}`, error);
  return new CordwoodError('ERR_UNREACHABLE', `cannot reach ${origin}: ${networkFault(code, error)}`, { cause: error });
}

function certificateFault(code: string, error: Error): string | undefined {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const { cert } = error as { cert?: { subjectaltname?: string } };
    const names = (cert?.subjectaltname ?? 'no name').replaceAll(/(DNS|IP Address):/g, '');
    return `its certificate is for ${names}; use one of these names, or give the server a certificate with this one`;
  }
  if (code === 'CERT_HAS_EXPIRED') return 'its certificate has expired; replace it there (web: tls: cert:)';
  if (code === 'CERT_NOT_YET_VALID') return 'its certificate is not valid yet; compare the clocks of both machines';
  if (/SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/.test(code)) {
    return 'no CA known here has issued its certificate; give the file of its CA with --ca, or NODE_EXTRA_CA_CERTS';
  }
  return /^(CERT_|ERR_TLS_CERT)/.test(code) ? `${reasonOf(error)}; replace its certificate` : undefined;
}

function networkFault(code: string, error: Error): string {
  if (code === 'ECONNREFUSED')
    return 'nothing listens there; see that the server runs, and has web: in its configuration';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'this name has no address here; check its spelling and the DNS';
  if (code === 'EPROTO' || /wrong version number|packet length too long/.test(error.message)) {
    return 'it does not speak TLS as we do; check the port, and web: tls: there';
  }
  return `${reasonOf(error)}; check the address, the port and the firewall`;
}

/** Why a response is no answer; undefined if it is one. Reads the response only if it is a refusal. */
export async function refusalOf(origin: string, response: IncomingMessage): Promise<CordwoodError | undefined> {
  const { statusCode: status = 0, headers } = response;
  const type = headers['content-type'] ?? '';
  if (status === 200 && type.startsWith('application/x-ndjson')) return undefined;
  if (status >= 300 && status < 400) {
    response.destroy();
    return new Refusal(`cannot ask ${origin}: it leads to ${headers.location}; give that address, or ${NOT_HERE}`);
  }
  const problem = type.startsWith('application/problem+json') ? await problemIn(response) : undefined;
  if (problem) return problemRefusal(origin, problem);
  const text = (await textOf(response)).slice(0, 200);
  if (status >= 500) return new BrokenAnswer(origin, `status ${status}, ${text}`);
  return new Refusal(`cannot ask ${origin}: it is not a Cordwood server (status ${status}, ${type}); ${NOT_HERE}`);
}

type ProblemBody = { code: string; detail: string; query?: string; column?: number };

function problemRefusal(origin: string, { code, detail, query, column }: ProblemBody): CordwoodError {
  const reason = detail.replace(/^cannot .*?: /, '');
  switch (code) {
    case 'ERR_LOGIN':
      return new Refusal(`cannot ask ${origin}: ${reason}${reason.includes('; ') ? '' : `; ${NEW_TOKEN}`}`);
    case 'ERR_ROLE':
      return new Refusal(`cannot ask ${origin}: ${reason}; ${NEW_TOKEN} (--role)`);
    case 'ERR_HOST':
      return new Refusal(`cannot ask ${origin}: ${detail}`);
    case 'ERR_NOT_FOUND':
      return new Refusal(`cannot ask ${origin}: its version does not know this question; update the server`);
    // It passes, as a store that is away does.
    case 'ERR_BUSY':
      return new CordwoodError('ERR_STORE', detail);
    default:
      return problemError({
        code,
        message: detail,
        ...(query !== undefined && { query }),
        ...(column !== undefined && { column }),
      });
  }
}

async function problemIn(response: IncomingMessage): Promise<ProblemBody | undefined> {
  try {
    const body = JSON.parse(await textOf(response));
    return typeof body?.code === 'string' && typeof body.detail === 'string' ? body : undefined;
  } catch {
    return undefined;
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk;
    if (text.length > READ) break;
  }
  return text;
}
