import { valueText } from '../../model/fields.ts';

/** A value of a group for people; `absent` stands for the group of messages without the field. */
export function groupText(field: string, value: string | number | null, absent = '-'): string {
  return value === null ? absent : valueText(field, value);
}
