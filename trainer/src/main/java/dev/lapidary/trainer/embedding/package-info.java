/**
 * Files of embeddings: NumPy archives and Parquet. Entry point: {@link
 * dev.lapidary.trainer.embedding.EmbeddingFile}. Must not depend on DJL or on other packages of the
 * trainer but {@code data}.
 */
@NullMarked
package dev.lapidary.trainer.embedding;

import org.jspecify.annotations.NullMarked;
