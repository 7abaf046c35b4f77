const WHOLE = new Intl.NumberFormat('en');

/** `1,204,331` */
export function count(value: number): string {
  return WHOLE.format(value);
}

/** `1.2k`, `3.4M`: at most four characters, for places that are small. */
export function shortCount(value: number): string {
  if (value < 1000) return String(value);
  const units = ['k', 'M', 'G', 'T'];
  let rest = value;
  let at = -1;
  while (rest >= 999.5 && at < units.length - 1) {
    rest /= 1000;
    at++;
  }
  return `${rest < 9.95 ? rest.toFixed(1).replace(/\.0$/, '') : Math.round(rest)}${units[at]}`;
}

/** `61 KiB` */
export function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let rest = value;
  let at = 0;
  while (rest >= 1024 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return `${at > 0 && rest < 9.95 ? rest.toFixed(1).replace(/\.0$/, '') : Math.round(rest)} ${units[at]}`;
}

/** `1 line`, `3 lines` */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
