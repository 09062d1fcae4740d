// The package's index loads the clients of every store it knows, which takes longer than all else that a start loads beside the database.
declare module 'rate-limiter-flexible/lib/RateLimiterMemory.js' {
  import { RateLimiterMemory } from 'rate-limiter-flexible';
  export default RateLimiterMemory;
}
