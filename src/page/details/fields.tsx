import type { Message } from '../api/answers.ts';
import { fieldsOf } from '../list/values.ts';
import { toggleColumn } from '../state/columns.ts';
import { termFor, withTerm } from '../state/terms.ts';
import { searchAddress } from '../state/address.ts';
import { go, navigate, path, view } from '../state/view.ts';
import { Text } from '../text/text.tsx';

/** Every field with what can be done with its value. */
export function FieldTable({ message }: { message: Message }) {
  return (
    <table class="fields">
      <caption class="unseen">Fields</caption>
      <tbody>
        {fieldsOf(message).map(({ field, value }) => (
          <tr key={`${field} ${value}`} onKeyDown={(event) => onKey(event, field, value)}>
            <th scope="row">
              <Text text={shortened(field)} />
            </th>
            <td class="field-value">
              <Text text={value.slice(0, 2000)} />
            </td>
            <td class="field-actions">
              <FieldActions field={field} value={value} />
            </td>
          </tr>
        ))}
        <tr>
          <th scope="row">_id</th>
          <td class="field-value">{message._id}</td>
          <td />
        </tr>
      </tbody>
    </table>
  );
}

function shortened(field: string): string {
  return field.length > 100 ? `${field.slice(0, 100)}…` : field;
}

/** `+` and `-` on any control of a row filter for its value, or filter it out. */
function onKey(event: KeyboardEvent, field: string, value: string): void {
  const wanted = { '+': 'for', '-': 'out' }[event.key] as 'for' | 'out' | undefined;
  if (!wanted) return;
  event.preventDefault();
  filter(termOf(field, value), wanted);
}

/** Queries know levels by the name of the severity, and texts of at most 1,000 characters. */
function termOf(field: string, value: string): string {
  return termFor(field === 'level' ? 'severity' : field, value.slice(0, 900));
}

/** On the screen of one message, a value begins a search of its own. */
function filter(term: string, wanted: 'for' | 'out'): void {
  if (path.value === '/') go({ query: withTerm(view.value.query, term, wanted), around: '' });
  else navigate(searchAddress({ query: withTerm('', term, wanted), from: '-24h' }));
}

function FieldActions({ field, value }: { field: string; value: string }) {
  const term = termOf(field, value);
  return (
    <>
      <button
        type="button"
        class="quiet"
        title={`Only ${term} (+)`}
        aria-label={`Filter for ${field}`}
        onClick={() => filter(term, 'for')}
      >
        +
      </button>
      <button
        type="button"
        class="quiet"
        title={`Without ${term} (-)`}
        aria-label={`Filter out ${field}`}
        onClick={() => filter(term, 'out')}
      >
        −
      </button>
      {path.value === '/' && (
        <button
          type="button"
          class="quiet"
          title="Show it as a column, or no longer"
          aria-label={`Column ${field}`}
          aria-pressed={view.value.columns.includes(field)}
          onClick={() => toggleColumn(field)}
        >
          ▥
        </button>
      )}
    </>
  );
}
