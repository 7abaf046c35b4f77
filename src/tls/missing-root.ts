import type { X509Certificate } from 'node:crypto';

/**
 * What is wrong with CA certificates of which no chain ends at a root; undefined if one does. Node's server verifies
 * every chain up to a self-signed certificate: without it, each client would be refused.
 */
export function missingRoot(cas: readonly X509Certificate[]): string | undefined {
  if (cas.length === 0 || cas.some((one) => endsAtRoot(one, cas))) return undefined;
  const top = cas.find((one) => !cas.some((other) => other !== one && one.checkIssued(other))) ?? cas[0]!;
  const [name, root] = [oneLine(top.subject), oneLine(top.issuer)];
  const effect = `it contains the intermediate CA "${name}" without its root "${root}", so every client would be refused`;
  const others = 'clients of the other CAs of that root are admitted then, unless tls.allow lists who may connect';
  return `${effect}; append the certificate of "${root}" to the file (${others})`;
}

function endsAtRoot(certificate: X509Certificate, all: readonly X509Certificate[]): boolean {
  const seen = new Set<X509Certificate>();
  for (let at: X509Certificate | undefined = certificate; at && !seen.has(at); ) {
    if (at.checkIssued(at)) return true;
    seen.add(at);
    const below: X509Certificate = at;
    at = all.find((each) => !seen.has(each) && below.checkIssued(each));
  }
  return false;
}

/** Node writes one attribute a line: `O=Example`, `CN=Root`. */
function oneLine(name: string): string {
  return name.replaceAll('\n', ', ').slice(0, 200);
}
