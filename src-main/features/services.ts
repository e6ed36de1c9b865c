/** The services that several domains share, made once a host. */
import { createCompareService, type CompareService } from './compare/service.ts';
import { createEngineService, type EngineService } from './engine/service.ts';
import { createEvaluationsService, type EvaluationsService } from './evaluations/service.ts';
import { createMethodsService, type MethodsService } from './methods/service.ts';
import { createRunsService, type RunsService } from './runs/service.ts';
import type { Compute } from '../compute/backend.ts';
import type { HostContext } from './context.ts';

export interface Services {
  engine: EngineService;
  methods: MethodsService;
  runs: RunsService;
  evaluations: EvaluationsService;
  compare: CompareService;
}

/** What a job works with. */
export interface JobDeps {
  context: HostContext;
  services: Services;
}

/** `interactive`: does the tasks that somebody waits for. */
export function createServices(context: HostContext, interactive: Compute): Services {
  const engine = createEngineService(context);
  const methods = createMethodsService(context, interactive);
  const evaluations = createEvaluationsService(context, engine);
  const runs = createRunsService(context, { engine, methods, evaluations });
  return { engine, methods, runs, evaluations, compare: createCompareService(context) };
}
