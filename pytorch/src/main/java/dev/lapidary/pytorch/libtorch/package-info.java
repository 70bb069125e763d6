/**
 * TorchScript archives run by libtorch, through DJL: LibtorchEngine. It is what {@link
 * dev.lapidary.runtime.model.TorchScriptEngine} asks for. Nothing else of Lapidary's programs needs
 * it, and a server without {@code --engine pytorch} has none of it on its class path.
 */
@org.jspecify.annotations.NullMarked
package dev.lapidary.pytorch.libtorch;
