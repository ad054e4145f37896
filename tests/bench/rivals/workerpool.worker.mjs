import workerpool from 'workerpool';
import empty from './empty.mjs';

workerpool.worker({ empty });
