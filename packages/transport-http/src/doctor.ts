// This list is the public API of @toolyard/transport-http/doctor.
export { doctor } from './doctor/doctor.ts';
export type { DoctorOptions } from './doctor/options.ts';
export {
  formatReport,
  type CheckName,
  type CheckStatus,
  type DoctorCheck,
  type DoctorReport,
  type Facts,
  type Remedy,
  type Verdict,
} from './doctor/report.ts';
