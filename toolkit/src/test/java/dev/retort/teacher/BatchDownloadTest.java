package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchDownloadTest {

    private final List<String> lines = new ArrayList<>();
    private boolean isCancelled;

    private BatchDownload download(int mostLine, long mostBytes) {
        return new BatchDownload(mostLine, mostBytes, line -> lines.add(new String(line, StandardCharsets.UTF_8)));
    }

    /** Sends the text in pieces of so many bytes; what comes of it, if anything has. */
    private CompletableFuture<Optional<byte[]>> send(BatchDownload download, String text, int piece) {
        download.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long n) {
                assertThat(n).isEqualTo(1);
            }

            @Override
            public void cancel() {
                isCancelled = true;
            }
        });
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length && !isCancelled; at += piece) {
            download.onNext(List.of(ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at))));
        }
        if (!isCancelled) {
            download.onComplete();
        }
        return download.getBody().toCompletableFuture();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 100})
    void linesAreWholeHoweverTheyCome(int piece) {
        String text = "\u00e9ne\n\n \r\ntwo\r\n123456\n1234567\nlast";
        BatchDownload download = download(6, 1000);
        assertThat(send(download, text, piece).join()).contains(new byte[0]);
        assertThat(lines).containsExactly("\u00e9ne", "two\r", "123456", "last");
        assertThat(download.tooLong()).isEqualTo(1);
        assertThat(download.failure()).isEmpty();
    }

    @Test
    void aLastLineMayBeTooLong() {
        BatchDownload download = download(2, 1000);
        assertThat(send(download, "ab\nabc", 1).join()).isPresent();
        assertThat(lines).containsExactly("ab");
        assertThat(download.tooLong()).isEqualTo(1);
    }

    @Test
    void theWholeIsBounded() {
        assertThat(send(download(10, 6), "ab\ncd\n", 3).join()).isPresent();
        assertThat(send(download(10, 5), "ab\ncd\n", 3).join()).isEmpty();
        assertThat(isCancelled).isTrue();
    }

    @Test
    void whatTheSinkThrowsIsKept() {
        IOException full = new IOException("disk full");
        BatchDownload download = new BatchDownload(10, 100, line -> {
            throw full;
        });
        assertThat(send(download, "a\nb\n", 4)).isCompletedExceptionally();
        assertThat(isCancelled).isTrue();
        assertThat(download.failure()).contains(full);
    }

    @Test
    void aBrokenBodyIsAnError() {
        BatchDownload download = download(10, 100);
        download.onError(new IOException("cut"));
        assertThat(download.getBody().toCompletableFuture()).isCompletedExceptionally();
        assertThat(download.failure()).isEmpty();
    }
}
