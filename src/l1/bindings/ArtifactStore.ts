// Written by scripts/generateBindings.ts from contracts/modules/ArtifactStore.sol: do not edit.

export const artifactStoreAbi = [
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"}],"name":"ArtifactStoreAlreadyPublished","type":"error"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"internalType":"address","name":"publisher","type":"address"}],"name":"ArtifactStoreAlreadyStarted","type":"error"},
  {"inputs":[{"internalType":"bytes32","name":"expected","type":"bytes32"},{"internalType":"bytes32","name":"actual","type":"bytes32"}],"name":"ArtifactStoreHashMismatch","type":"error"},
  {"inputs":[{"internalType":"uint256","name":"sizeBytes","type":"uint256"},{"internalType":"uint256","name":"expectedBytes","type":"uint256"}],"name":"ArtifactStoreInvalidChunk","type":"error"},
  {"inputs":[{"internalType":"uint256","name":"sizeBytes","type":"uint256"},{"internalType":"uint256","name":"sizeBytesMax","type":"uint256"}],"name":"ArtifactStoreInvalidSize","type":"error"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"internalType":"address","name":"publisher","type":"address"}],"name":"ArtifactStoreNotStarted","type":"error"},
  {"inputs":[{"internalType":"uint256","name":"index","type":"uint256"}],"name":"ArtifactStoreWriteFailed","type":"error"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"indexed":false,"internalType":"uint256","name":"sizeBytes","type":"uint256"},{"indexed":false,"internalType":"address[]","name":"chunks","type":"address[]"}],"name":"ArtifactPublished","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"indexed":true,"internalType":"address","name":"publisher","type":"address"},{"indexed":false,"internalType":"uint256","name":"index","type":"uint256"},{"indexed":false,"internalType":"address","name":"chunk","type":"address"}],"name":"ChunkStored","type":"event"},
  {"anonymous":false,"inputs":[{"indexed":true,"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"indexed":true,"internalType":"address","name":"publisher","type":"address"},{"indexed":false,"internalType":"uint256","name":"sizeBytes","type":"uint256"}],"name":"PublicationStarted","type":"event"},
  {"inputs":[],"name":"ARTIFACT_SIZE_BYTES_MAX","outputs":[{"internalType":"uint256","name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[],"name":"CHUNK_SIZE_BYTES","outputs":[{"internalType":"uint256","name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"}],"name":"abandon","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"internalType":"bytes","name":"chunk","type":"bytes"}],"name":"append","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"internalType":"uint256","name":"sizeBytes","type":"uint256"}],"name":"begin","outputs":[],"stateMutability":"nonpayable","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"}],"name":"chunksOf","outputs":[{"internalType":"address[]","name":"","type":"address[]"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"},{"internalType":"address","name":"publisher","type":"address"}],"name":"progressOf","outputs":[{"internalType":"uint256","name":"sizeBytes","type":"uint256"},{"internalType":"uint256","name":"storedBytes","type":"uint256"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"}],"name":"read","outputs":[{"internalType":"bytes","name":"","type":"bytes"}],"stateMutability":"view","type":"function"},
  {"inputs":[{"internalType":"bytes32","name":"artifactHash","type":"bytes32"}],"name":"sizeBytesOf","outputs":[{"internalType":"uint256","name":"","type":"uint256"}],"stateMutability":"view","type":"function"},
] as const;
