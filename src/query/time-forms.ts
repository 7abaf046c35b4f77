/** Forms of times as people say them, and the form that `parseSpan` reads. */
const FORMS: readonly (readonly [form: RegExp, usual: string | ((...parts: string[]) => string)])[] = [
  // `last hour`, `past 2 days`, `an hour ago`
  [/^(?:the )?(?:last|past) (?=\d)/i, ''],
  [/^(?:the )?(?:last|past) (?=(?:second|minute|hour|day|week)$)/i, '1 '],
  [/^an? (?=[a-z]+ ago$)/i, '1 '],
  [/\bnoon\b/i, '12:00'],
  [/\bmidnight\b/i, '00:00'],
  [/\b(\d{1,2})(?::(\d\d))? ?([ap])\.?m\b\.?/i, onDayOf24],
  // `22.11.2026`, and a year first with other marks. `11/22/2026` has two readings.
  [/(?<![\d.])(\d{1,2})\.(\d{1,2})\.((?:19|20|21)\d\d)(?!\d)/, '$3-$2-$1'],
  [/(?<![\d./])((?:19|20|21)\d\d)([./])(\d{1,2})\2(\d{1,2})(?!\d)/, '$1-$3-$4'],
];

/** Turns a time as people say it into the usual form; another text stays as it is. */
export function inUsualForm(text: string): string {
  return FORMS.reduce((before, [form, usual]) => before.replace(form, usual as string), text);
}

function onDayOf24(all: string, hour: string, minute = '00', half: string): string {
  const hours = Number(hour);
  if (hours < 1 || hours > 12) return all;
  const of24 = (hours % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
  return `${String(of24).padStart(2, '0')}:${minute}`;
}
