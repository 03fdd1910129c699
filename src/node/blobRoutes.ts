import { fromHex } from '../core/bytes';
import { encodeArchivedBlob } from '../l1/blobs/archiveBlobSource';
import type { BlobArchive } from '../l1/blobs/blobArchive';
import type { ExtraRoute } from '../rpc/httpApplication';

const NOT_FOUND = { status: 404, contentType: 'application/json', body: '{"error":"no such blob here"}' };

/**
 * `GET /blobs/<versioned hash>`: a blob that this node posted or read, as `ArchiveBlobSource` wants it (`--blob-archive` of other nodes).
 * Blobs never change, so whoever sits in between may keep them.
 */
export function blobRoutes(archive: BlobArchive): ExtraRoute[] {
  return [
    {
      path: '/blobs/:versionedHash',
      async handle({ versionedHash = '' } = {}) {
        if (!/^0x01[0-9a-fA-F]{62}$/.test(versionedHash)) return NOT_FOUND;
        const found = await archive.get(fromHex(versionedHash));
        if (!found) return NOT_FOUND;
        return { status: 200, contentType: 'application/octet-stream', body: encodeArchivedBlob(found) };
      },
    },
  ];
}
