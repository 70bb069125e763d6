/** What is found by trying before a run begins: the batch size that fits, the fastest precision. */
@NullMarked
package dev.lapidary.trainer.run.probe;

import org.jspecify.annotations.NullMarked;
