/** A SavedModel written by hand in protocol-buffer wire format: y = x + x, tag "serve". Field numbers are those of tensorflow/core/protobuf/*.proto. */

export function savedModelOfTwiceX(): Uint8Array {
  const FLOAT = 1;
  const x = node('x', 'Placeholder', [], [attribute('dtype', typeValue(FLOAT))]);
  const y = node('y', 'AddV2', ['x', 'x'], [attribute('T', typeValue(FLOAT))]);
  // GraphDef: node = 1, versions = 4 {producer = 1}.
  const graph = bytes(field(1, x), field(1, y), field(4, varint(1, 1000)));
  // MetaGraphDef: meta_info_def = 1 {tags = 4}, graph_def = 2.
  const metaGraph = bytes(field(1, field(4, text('serve'))), field(2, graph));
  // SavedModel: saved_model_schema_version = 1, meta_graphs = 2.
  return bytes(varint(1, 1), field(2, metaGraph));
}

/** NodeDef: name = 1, op = 2, input = 3, attr = 5. */
function node(name: string, op: string, inputs: string[], attributes: Uint8Array[]): Uint8Array {
  return bytes(field(1, text(name)), field(2, text(op)), ...inputs.map((input) => field(3, text(input))), ...attributes.map((entry) => field(5, entry)));
}

/** An entry of map<string, AttrValue>. */
function attribute(name: string, value: Uint8Array): Uint8Array {
  return bytes(field(1, text(name)), field(2, value));
}

/** AttrValue: type = 6. */
function typeValue(type: number): Uint8Array {
  return varint(6, type);
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function field(number: number, content: Uint8Array): Uint8Array {
  return bytes(base128((number << 3) | 2), base128(content.length), content);
}

function varint(number: number, value: number): Uint8Array {
  return bytes(base128(number << 3), base128(value));
}

function base128(value: number): Uint8Array {
  return value < 128 ? Uint8Array.of(value) : bytes(Uint8Array.of((value & 127) | 128), base128(value >> 7));
}

function bytes(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
