export { newestDialect as dialect } from '../../cluster/dialect.js';
