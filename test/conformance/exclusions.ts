/**
 * Tests of tfjs-core that the TensorFlow backend does not run, each with its reason. A name is matched as a part of the full name.
 */
export interface Exclusion {
  test: string;
  reason: string;
}

export const exclusions: readonly Exclusion[] = [];
