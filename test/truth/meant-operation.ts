/** What a request says of itself, as far as it tells the operation. */
export interface Meant {
  code: string;
  uriPath: string;
  query: readonly string[];
  accept?: number | undefined;
  format?: number | undefined;
  observe?: number | undefined;
  body: Uint8Array;
}

/**
 * The operation that a request stands for by the tables of LwM2M Core §6 (Transport §6.4): written here anew, so that
 * what names operations in the project is compared with something else. Undefined for what is no LwM2M.
 */
export function meantOperation(meant: Meant, isBootstrap: boolean): string | undefined {
  const { code, uriPath, query, accept, observe, body } = meant;
  if (uriPath === '/.well-known/core') return code === '0.01' ? 'CoRE discovery' : undefined;
  if (uriPath === '/bs') return isBootstrap ? 'Bootstrap-Finish' : 'Bootstrap-Request';
  if (uriPath === '/dp') return 'Send';
  if (uriPath === '/rd') return code === '0.02' ? 'Register' : undefined;
  if (uriPath.startsWith('/rd/')) return code === '0.04' ? 'De-register' : 'Update';
  const ids = uriPath.split('/').filter((part) => part !== '');
  if (!ids.every((id) => /^\d+$/.test(id))) return undefined;
  if (isBootstrap) return bootstrapOperation(code, accept);
  if (code === '0.05') return observe === 0 ? 'Observe-Composite' : 'Read-Composite';
  if (code === '0.07') return 'Write-Composite';
  if (code === '0.04') return 'Delete';
  if (code === '0.03') return query.length > 0 && body.length === 0 ? 'Write-Attributes' : 'Write-Replace';
  if (code === '0.01') {
    if (observe !== undefined) return observe === 0 ? 'Observe' : 'Cancel Observation';
    return accept === 40 ? 'Discover' : 'Read';
  }
  return ['Create', 'Create', 'Write-Partial-Update', 'Execute', 'Execute'][ids.length];
}

function bootstrapOperation(code: string, accept: number | undefined): string {
  if (code === '0.03') return 'Bootstrap-Write';
  if (code === '0.04') return 'Bootstrap-Delete';
  return accept === 40 ? 'Bootstrap-Discover' : 'Bootstrap-Read';
}
