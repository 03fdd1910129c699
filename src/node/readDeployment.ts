import { readFileSync } from 'node:fs';
import { type Deployment, parseDeployment } from '../chain/deployment';
import { errorMessage, TributaryError } from '../core/errors';

/** @throws Node.DeploymentMissing, Chain.InvalidDeployment */
export function readDeployment(path: string): Deployment {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new TributaryError('Node.DeploymentMissing', `the deployment file ${path} cannot be read`, {
      recovery: 'halt',
      metaMessages: [errorMessage(cause)],
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new TributaryError('Chain.InvalidDeployment', `${path} is not JSON: ${errorMessage(cause)}`, {
      recovery: 'halt',
      cause,
    });
  }
  return parseDeployment(json, path);
}
