import { ThreadWorker } from 'poolifier';
import empty from './empty.mjs';

export default new ThreadWorker(empty);
