/**
 * JSON for files that someone else wrote: as JSON.parse, but a key that stands twice in one object is an error instead of the last one winning,
 * and depth and number of values are bounded. Objects have no prototype. Test: test/shared/strictJson.test.ts.
 */

export interface StrictJsonLimits {
  depth: number;
  /** Of values, keys not counted. */
  values: number;
}

/** @throws SyntaxError that says what is wrong and where */
export function parseStrictJson(text: string, limits: StrictJsonLimits): unknown {
  let at = 0;
  let values = 0;

  function fail(what: string): never {
    throw new SyntaxError(`${what} at character ${at}`);
  }
  function skipBlanks(): void {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      at++;
    }
  }
  /** From the opening quote; its form is checked by JSON.parse, which sees this one string. */
  function string(): string {
    const from = at;
    if (text[at] !== '"') fail('a text is missing');
    for (at++; text[at] !== '"'; at++) {
      if (at >= text.length) fail('a text does not end');
      if (text[at] === '\\') at++;
    }
    at++;
    try {
      return JSON.parse(text.slice(from, at)) as string;
    } catch {
      return fail('a text is malformed');
    }
  }
  function plain(): unknown {
    const found = /[-+\w.]*/y;
    found.lastIndex = at;
    const word = found.exec(text)?.[0] ?? '';
    if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)$/.test(word)) fail('a value is malformed');
    at += word.length;
    return JSON.parse(word) as unknown;
  }
  function value(depth: number): unknown {
    if (++values > limits.values) fail(`there are more than ${limits.values} values`);
    if (depth > limits.depth) fail(`it is nested more than ${limits.depth} deep`);
    skipBlanks();
    const first = text[at];
    if (first === '"') return string();
    if (first === '[') return list(depth);
    if (first === '{') return object(depth);
    return plain();
  }
  /** True after a comma, false after the end. */
  function goesOn(end: string): boolean {
    skipBlanks();
    const next = text[at++];
    if (next === ',') return true;
    if (next === end) return false;
    at--;
    return fail(`"," or "${end}" is missing`);
  }
  function list(depth: number): unknown[] {
    const items: unknown[] = [];
    at++;
    skipBlanks();
    if (text[at] === ']') {
      at++;
      return items;
    }
    do items.push(value(depth + 1));
    while (goesOn(']'));
    return items;
  }
  function object(depth: number): Record<string, unknown> {
    const fields = Object.create(null) as Record<string, unknown>;
    at++;
    skipBlanks();
    if (text[at] === '}') {
      at++;
      return fields;
    }
    do {
      skipBlanks();
      const key = string();
      if (key in fields) fail(`the key ${JSON.stringify(key.slice(0, 200))} stands twice`);
      skipBlanks();
      if (text[at] !== ':') fail('":" is missing');
      at++;
      fields[key] = value(depth + 1);
    } while (goesOn('}'));
    return fields;
  }

  const result = value(0);
  skipBlanks();
  if (at < text.length) fail('something follows the end');
  return result;
}
