/**
 * Names that two data sets have in common, such as a camera "c1" or a person "0001": where both can be chosen, each is named with its data set.
 * Tests: test/renderer/sameNames.test.ts, test/e2e/twoDatasets.test.ts.
 */

export interface Named {
  name: string;
  datasetId: number;
}

/** Data set of `one` where another entry of another data set has the same name, else null. */
export function datasetOfSame(one: Named, all: readonly Named[], nameOf: (datasetId: number) => string | undefined): string | null {
  return all.some((other) => other.name === one.name && other.datasetId !== one.datasetId) ? (nameOf(one.datasetId) ?? `data set ${one.datasetId}`) : null;
}
