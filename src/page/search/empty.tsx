import { answered } from '../state/search.ts';
import { go, view } from '../state/view.ts';

/** What is said in place of lines, with what to try next. */
export function Empty() {
  const { query, from } = view.value;
  const { window } = answered.value!;
  return (
    <div class="empty">
      <p class="empty-title">{query ? 'No line matches.' : 'Nothing arrived in this window.'}</p>
      <div class="row">
        {window.since !== undefined && from !== '-24h' && (
          <button type="button" onClick={() => go({ from: '-24h', to: '' })}>
            the last 24 hours
          </button>
        )}
        {window.since !== undefined && (
          <button type="button" onClick={() => go({ from: 'all', to: '' })}>
            everything
          </button>
        )}
        {query && (
          <button type="button" onClick={() => go({ query: '' })}>
            without the query
          </button>
        )}
      </div>
      {!query && window.since === undefined && <FirstSender />}
    </div>
  );
}

/** For a server that has never received anything. */
function FirstSender() {
  return (
    <div class="first-sender">
      <p>Send a first line from this machine:</p>
      <pre>logger --server 127.0.0.1 --port 5514 --udp 'hello cordwood'</pre>
      <p>
        <code>cordwood agent-config --help</code> prints the configuration of rsyslog and syslog-ng.
      </p>
    </div>
  );
}
