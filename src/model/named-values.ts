/** Values by their names; a name that occurs several times has the list of its values. */
export type NamedValues<Value> = Readonly<Record<string, Value | readonly Value[]>>;
export type NamedValue<Value> = { readonly name: string; readonly value: Value };

/** The pairs as one object, in their order. The values are no lists themselves. */
export function namedValues<Value>(pairs: readonly NamedValue<Value>[]): NamedValues<Value> {
  const values: Record<string, Value | Value[]> = {};
  for (const { name, value } of pairs) {
    const known = Object.hasOwn(values, name) ? values[name]! : undefined;
    if (known === undefined) setOwn(values, name, value);
    else if (Array.isArray(known)) known.push(value);
    else setOwn(values, name, [known as Value, value]);
  }
  return values;
}

/** Inverts `namedValues`, except that the values of a name come one after the other. */
export function pairsOf<Value>(values: NamedValues<Value>): NamedValue<Value>[] {
  return Object.entries(values).flatMap(([name, value]) => asList(value).map((each) => ({ name, value: each })));
}

/** All values of a name; none if the object lacks it. */
export function valuesOf<Value>(values: NamedValues<Value> | undefined, name: string): readonly Value[] {
  return values !== undefined && Object.hasOwn(values, name) ? asList(values[name]!) : [];
}

/** Sets a property of any name: an assignment to `__proto__` would set the prototype. */
export function setOwn<Value>(object: Record<string, Value>, name: string, value: Value): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
}

function asList<Value>(value: Value | readonly Value[]): readonly Value[] {
  return Array.isArray(value) ? value : [value as Value];
}
