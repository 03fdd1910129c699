import type { Registry } from 'prom-client';
import type { ExtraRoute } from '../rpc/httpApplication';
import type { RoleBoard } from './roleBoard';

/** What `/readyz` asks of a node beside its roles. Each answers undefined when all is well, else what is wrong. */
export type ReadinessCheck = () => string | undefined;

/**
 * `/healthz`: the process answers (200). `/readyz`: every role runs and every check passes (200), else 503 with the reasons.
 * `/metrics`: Prometheus text.
 */
export function healthRoutes(roles: RoleBoard, checks: ReadinessCheck[], metrics: Registry): ExtraRoute[] {
  return [
    { path: '/healthz', handle: () => ({ status: 200, contentType: 'application/json', body: '{"status":"ok"}' }) },
    {
      path: '/readyz',
      handle() {
        const problems = checks.map((check) => check()).filter((problem) => problem !== undefined);
        for (const [name, { state, problem }] of Object.entries(roles.statuses)) {
          if (state !== 'running') problems.push(`${name} is ${state}${problem ? `: ${problem}` : ''}`);
        }
        return {
          status: problems.length === 0 ? 200 : 503,
          contentType: 'application/json',
          body: JSON.stringify({
            status: problems.length === 0 ? 'ready' : 'not ready',
            problems,
            roles: roles.statuses,
          }),
        };
      },
    },
    {
      path: '/metrics',
      handle: async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.metrics() }),
    },
  ];
}
