/**
 * Who walks: body, hair, clothes and things carried. People come in families that share most of their looks, so that a method (and a
 * person) can confuse them: members differ in two or three things. Test: test/datasets/synthetic/generate.test.ts.
 */
import type { Rgb } from './canvas.ts';
import type { Random } from './random.ts';

export type Pattern = 'plain' | 'stripes' | 'checks' | 'logo' | 'block';
export type UpperKind = 'tshirt' | 'longsleeve' | 'jacket' | 'coat' | 'hoodie' | 'blouse';
export type LowerKind = 'trousers' | 'slim' | 'shorts' | 'skirt' | 'dress';
export type HairKind = 'short' | 'long' | 'tail' | 'bun' | 'bald' | 'curly';
export type HatKind = 'none' | 'cap' | 'beanie' | 'scarf';
export type BagKind = 'none' | 'backpack' | 'shoulder' | 'hand' | 'tote';

export interface Colour {
  name: string;
  rgb: Rgb;
}

export interface Look {
  /** Metres. */
  stature: number;
  /** 1 = average girth. */
  build: number;
  /** Shoulder width to hip width, 0.9..1.12. */
  frame: number;
  skin: Rgb;
  hair: HairKind;
  hairColour: Colour;
  hat: HatKind;
  hatColour: Colour;
  glasses: boolean;
  beard: boolean;
  upper: UpperKind;
  upperColour: Colour;
  /** Stripes, logo, block and what shows under an open jacket. */
  accent: Colour;
  pattern: Pattern;
  lower: LowerKind;
  lowerColour: Colour;
  shoeColour: Colour;
  bag: BagKind;
  bagColour: Colour;
  /** Which side carries: −1 left, 1 right. */
  bagSide: number;
  stride: number;
  armSwing: number;
  /** Steps a second. */
  cadence: number;
  /** Offsets the cloth noise. */
  seed: number;
}

const CLOTH: readonly (Colour & { weight: number })[] = [
  { name: 'black', rgb: [34, 34, 38], weight: 9 },
  { name: 'charcoal', rgb: [66, 68, 74], weight: 7 },
  { name: 'grey', rgb: [132, 134, 138], weight: 6 },
  { name: 'light grey', rgb: [186, 188, 190], weight: 4 },
  { name: 'white', rgb: [228, 228, 224], weight: 6 },
  { name: 'navy', rgb: [38, 48, 84], weight: 8 },
  { name: 'blue', rgb: [52, 92, 160], weight: 5 },
  { name: 'sky blue', rgb: [134, 172, 208], weight: 3 },
  { name: 'teal', rgb: [40, 112, 116], weight: 2 },
  { name: 'forest green', rgb: [48, 84, 56], weight: 3 },
  { name: 'olive', rgb: [104, 102, 66], weight: 4 },
  { name: 'beige', rgb: [196, 178, 146], weight: 4 },
  { name: 'camel', rgb: [166, 124, 80], weight: 3 },
  { name: 'brown', rgb: [98, 70, 50], weight: 4 },
  { name: 'burgundy', rgb: [112, 36, 48], weight: 3 },
  { name: 'red', rgb: [178, 44, 44], weight: 3 },
  { name: 'rust', rgb: [170, 86, 48], weight: 2 },
  { name: 'mustard', rgb: [200, 158, 58], weight: 2 },
  { name: 'pink', rgb: [212, 148, 160], weight: 2 },
  { name: 'purple', rgb: [98, 66, 122], weight: 2 },
];

const DENIM: readonly Colour[] = [
  { name: 'dark denim', rgb: [44, 54, 80] },
  { name: 'denim', rgb: [78, 98, 134] },
  { name: 'washed denim', rgb: [128, 146, 172] },
];

const SKINS: readonly Rgb[] = [
  [238, 202, 178],
  [226, 182, 152],
  [206, 160, 128],
  [176, 128, 96],
  [132, 92, 68],
  [94, 64, 48],
];

const HAIRS: readonly Colour[] = [
  { name: 'black hair', rgb: [32, 28, 28] },
  { name: 'dark brown hair', rgb: [58, 42, 34] },
  { name: 'brown hair', rgb: [92, 66, 46] },
  { name: 'blond hair', rgb: [184, 150, 96] },
  { name: 'red hair', rgb: [134, 72, 42] },
  { name: 'grey hair', rgb: [146, 144, 142] },
];

const SHOES: readonly Colour[] = [
  { name: 'black', rgb: [36, 34, 34] },
  { name: 'white', rgb: [216, 214, 208] },
  { name: 'brown', rgb: [96, 66, 46] },
  { name: 'grey', rgb: [120, 120, 122] },
  { name: 'red', rgb: [160, 50, 46] },
];

function clothColour(random: Random): Colour {
  const total = CLOTH.reduce((sum, colour) => sum + colour.weight, 0);
  let at = random.next() * total;
  for (const colour of CLOTH) {
    at -= colour.weight;
    if (at < 0) return { name: colour.name, rgb: colour.rgb };
  }
  return { name: 'black', rgb: [34, 34, 38] };
}

/** A colour that can be told from `other`. */
function contrasting(random: Random, other: Colour): Colour {
  for (let attempt = 0; attempt < 20; attempt++) {
    const colour = clothColour(random);
    const difference = Math.abs(colour.rgb[0] - other.rgb[0]) + Math.abs(colour.rgb[1] - other.rgb[1]) + Math.abs(colour.rgb[2] - other.rgb[2]);
    if (difference > 130) return colour;
  }
  return { name: 'white', rgb: [228, 228, 224] };
}

/** The same garment bought elsewhere: a shade lighter, darker or warmer. */
function shadeOf(random: Random, colour: Colour, amount: number): Colour {
  const gain = 1 + random.range(-amount, amount);
  const warm = random.range(-amount, amount) * 24;
  const [r, g, b] = colour.rgb;
  return { name: colour.name, rgb: [clamp(r * gain + warm), clamp(g * gain), clamp(b * gain - warm)] };
}

function clamp(value: number): number {
  return Math.round(Math.min(240, Math.max(18, value)));
}

function lowerColourFor(random: Random, kind: LowerKind): Colour {
  if ((kind === 'trousers' || kind === 'slim') && random.chance(0.45)) return random.pick(DENIM);
  return clothColour(random);
}

function bagFor(random: Random): BagKind {
  return random.pick(['none', 'none', 'none', 'backpack', 'backpack', 'shoulder', 'hand', 'tote'] as const);
}

function sampleLook(random: Random): Look {
  const feminine = random.chance(0.48);
  const upper = random.pick<UpperKind>(
    feminine ? ['tshirt', 'longsleeve', 'jacket', 'coat', 'blouse', 'hoodie'] : ['tshirt', 'longsleeve', 'jacket', 'coat', 'hoodie', 'hoodie'],
  );
  const lower = random.pick<LowerKind>(
    feminine ? ['slim', 'slim', 'trousers', 'skirt', 'dress', 'shorts'] : ['trousers', 'trousers', 'slim', 'slim', 'shorts'],
  );
  const upperColour = clothColour(random);
  const pattern: Pattern = upper === 'coat' ? 'plain' : random.pick(['plain', 'plain', 'plain', 'stripes', 'checks', 'logo', 'block'] as const);
  return {
    stature: random.range(feminine ? 1.56 : 1.66, feminine ? 1.78 : 1.92),
    build: random.range(0.88, 1.2),
    frame: feminine ? random.range(0.9, 0.99) : random.range(1.0, 1.1),
    skin: random.pick(SKINS),
    hair: random.pick<HairKind>(feminine ? ['long', 'long', 'tail', 'bun', 'short', 'curly'] : ['short', 'short', 'short', 'bald', 'curly', 'short']),
    hairColour: random.pick(HAIRS),
    hat: random.pick<HatKind>(['none', 'none', 'none', 'none', 'none', 'cap', 'beanie', feminine ? 'scarf' : 'none']),
    hatColour: clothColour(random),
    glasses: random.chance(0.2),
    beard: !feminine && random.chance(0.3),
    upper,
    upperColour,
    accent: contrasting(random, upperColour),
    pattern,
    lower,
    lowerColour: lowerColourFor(random, lower),
    shoeColour: random.pick(SHOES),
    bag: bagFor(random),
    bagColour: clothColour(random),
    bagSide: random.chance(0.5) ? 1 : -1,
    stride: random.range(0.9, 1.06),
    armSwing: random.range(0.7, 1.15),
    cadence: random.range(1.7, 2.05),
    seed: random.range(0, 100),
  };
}

/** The ways in which two members of a family may differ. */
const CHANGES: readonly ((look: Look, random: Random) => void)[] = [
  (look, random) => {
    const before = look.bag;
    while (look.bag === before) look.bag = bagFor(random);
    look.bagColour = clothColour(random);
  },
  (look, random) => {
    look.hairColour = random.pick(HAIRS);
    if (look.hair !== 'bald') look.hair = random.pick(look.frame < 1 ? (['long', 'tail', 'bun', 'curly'] as const) : (['short', 'curly', 'bald'] as const));
  },
  (look, random) => {
    look.hat = random.pick(['none', 'cap', 'beanie'] as const);
    look.hatColour = clothColour(random);
  },
  (look, random) => {
    look.shoeColour = random.pick(SHOES);
    look.lowerColour = shadeOf(random, look.lowerColour, 0.3);
  },
  (look, random) => {
    look.lowerColour = lowerColourFor(random, look.lower);
  },
  (look, random) => {
    if (look.upper !== 'coat') look.pattern = random.pick(['plain', 'stripes', 'checks', 'logo', 'block'] as const);
    look.accent = contrasting(random, look.upperColour);
  },
  (look, random) => {
    look.upperColour = shadeOf(random, look.upperColour, 0.35);
    look.build = random.range(0.86, 1.24);
  },
  (look, random) => {
    if (look.lower === 'trousers' || look.lower === 'slim') look.lower = random.pick(['trousers', 'slim', 'shorts'] as const);
    else look.lower = random.pick(['skirt', 'slim', 'dress'] as const);
  },
];

/** `count` looks in families of `familySize`; `family[i]` says which one. */
export function sampleWardrobe(count: number, familySize: number, random: Random): { looks: Look[]; family: number[] } {
  const looks: Look[] = [];
  const family: number[] = [];
  let founder: Look | null = null;
  for (let index = 0; index < count; index++) {
    const number = Math.floor(index / familySize);
    if (founder === null || index % familySize === 0) founder = sampleLook(random);
    const look: Look = { ...founder, seed: random.range(0, 100) };
    if (index % familySize !== 0) {
      const changes = random.shuffle([...CHANGES]).slice(0, random.whole(2, 3));
      for (const change of changes) change(look, random);
      look.stature = Math.min(1.95, Math.max(1.52, look.stature + random.range(-0.06, 0.06)));
      look.skin = random.chance(0.35) ? random.pick(SKINS) : look.skin;
    }
    look.upperColour = shadeOf(random, look.upperColour, 0.06);
    look.lowerColour = shadeOf(random, look.lowerColour, 0.06);
    looks.push(look);
    family.push(number);
  }
  return { looks, family };
}

/** One line for the manifest, such as "navy striped hoodie, denim slim trousers, black backpack, brown hair". */
export function describeLook(look: Look): string {
  const upperNames: Record<UpperKind, string> = {
    tshirt: 'T-shirt',
    longsleeve: 'long-sleeved shirt',
    jacket: 'open jacket',
    coat: 'coat',
    hoodie: 'hoodie',
    blouse: 'blouse',
  };
  const lowerNames: Record<LowerKind, string> = { trousers: 'trousers', slim: 'slim trousers', shorts: 'shorts', skirt: 'skirt', dress: 'dress' };
  const patternNames: Record<Pattern, string> = { plain: '', stripes: 'striped ', checks: 'checked ', logo: 'printed ', block: 'two-coloured ' };
  const bagNames: Record<BagKind, string> = { none: '', backpack: 'backpack', shoulder: 'shoulder bag', hand: 'handbag', tote: 'tote bag' };
  const words = [`${look.upperColour.name} ${patternNames[look.pattern]}${upperNames[look.upper]}`];
  words.push(look.lower === 'dress' ? `${look.upperColour.name} dress` : `${look.lowerColour.name} ${lowerNames[look.lower]}`);
  if (look.bag !== 'none') words.push(`${look.bagColour.name} ${bagNames[look.bag]}`);
  if (look.hat !== 'none') words.push(`${look.hatColour.name} ${look.hat === 'scarf' ? 'headscarf' : look.hat}`);
  words.push(look.hair === 'bald' ? 'bald' : look.hairColour.name);
  return words.join(', ');
}
