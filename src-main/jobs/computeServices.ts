/**
 * The services behind everything that computes, made once a host; making them registers their job runners, so it happens before the
 * queue opens. Handlers of several domains share them.
 */
import type { HostContext } from '../host/context.ts';
import { createCompareService, type CompareService } from '../features/compare/service.ts';
import { createEngineService, type EngineService } from '../features/engine/service.ts';
import { createEvaluationsService, type EvaluationsService } from '../features/evaluations/service.ts';
import { createMethodsService, type MethodsService } from '../features/methods/service.ts';
import { createRunsService, type RunsService } from '../features/runs/service.ts';

export interface ComputeServices {
  engine: EngineService;
  methods: MethodsService;
  runs: RunsService;
  evaluations: EvaluationsService;
  compare: CompareService;
}

const made = new WeakMap<HostContext, ComputeServices>();

export function computeServices(context: HostContext): ComputeServices {
  const known = made.get(context);
  if (known) return known;
  const engine = createEngineService(context);
  const methods = createMethodsService(context);
  const evaluations = createEvaluationsService(context, engine);
  const runs = createRunsService(context, { engine, methods, evaluations });
  const services = { engine, methods, runs, evaluations, compare: createCompareService(context) };
  made.set(context, services);
  return services;
}
