/** Gradient kernels that tfjs's WebAssembly backend lacks. */
export function registerWasmKernels(): void {}
