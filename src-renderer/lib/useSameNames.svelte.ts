/** Which data set to name beside a person that another data set has as well. Call it while a component starts. Test: test/e2e/twoDatasets.test.ts. */
import { useQuery } from './query.svelte.ts';

export interface SameNames {
  /** Are there any? */
  readonly areThere: boolean;
  /** Null where the name says it all. */
  datasetOf(one: { identity: string; datasetId: number }): string | null;
}

export function useSameNames(): SameNames {
  const same = useQuery('datasets.sameNames', () => ({}));
  const datasets = useQuery('datasets.list', () => ({}));
  const names = $derived(new Set(same.data?.identities));
  return {
    get areThere() {
      return names.size > 0;
    },
    datasetOf: ({ identity, datasetId }) => (names.has(identity) ? (datasets.data?.find(({ id }) => id === datasetId)?.name ?? `data set ${datasetId}`) : null),
  };
}
