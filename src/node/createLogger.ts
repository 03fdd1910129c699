import pino, { type Logger as PinoLogger } from 'pino';
import type { Logger } from '../core/ports';

export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON lines on standard error (so that standard output stays for people), keys and URL credentials left out. */
export function createLogger(level: LogLevel): Logger {
  return wrap(
    pino(
      {
        level,
        base: undefined,
        timestamp: pino.stdTimeFunctions.isoTime,
        serializers: { error: pino.stdSerializers.err },
        redact: ['privateKey', '*.privateKey', 'mnemonic', '*.mnemonic'],
      },
      pino.destination({ dest: 2, sync: true }),
    ),
  );
}

function wrap(logger: PinoLogger): Logger {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
