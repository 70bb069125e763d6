/**
 * TorchScript's text: lexer, parser, syntax tree, and the state_dict that text and objects give.
 * Start at {@link dev.lapidary.models.script.Program}. Knows no operator and runs nothing.
 */
@NullMarked
package dev.lapidary.models.script;

import org.jspecify.annotations.NullMarked;
