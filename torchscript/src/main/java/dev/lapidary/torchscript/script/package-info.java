/**
 * TorchScript's text: lexer, parser, syntax tree, and the state_dict that text and objects give.
 * Start at {@link dev.lapidary.torchscript.script.Program}. Knows no operator and runs nothing.
 */
@NullMarked
package dev.lapidary.torchscript.script;

import org.jspecify.annotations.NullMarked;
