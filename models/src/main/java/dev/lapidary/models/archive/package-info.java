/** TorchScript archives as data: zip records, pickles, objects; reading and writing. */
@NullMarked
package dev.lapidary.models.archive;

import org.jspecify.annotations.NullMarked;
