package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

    // As tensorboard 2.21 writes Event(wall_time=1.5, file_version="brain.Event:2") and
    // Event(wall_time=2.5, step=300, summary=Summary(value=[Value(tag="loss", simple_value=0.25)])).
    private static final String VERSION =
            "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c";
    private static final String SCALAR =
            "1b000000000000001a0d9e1309000000000000044010ac022a0d0a0b0a046c6f7373150000803e205d3896";

    @TempDir
    Path folder;

    @Test
    void masksTheChecksumOfThePublishedTestVector() {
        // CRC-32C of "123456789" is e3069283.
        assertThat(EventFile.maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII), 9))
                .isEqualTo(Integer.rotateRight(0xe3069283, 15) + 0xa282ead8);
    }

    @Test
    void writesTheBytesOfTensorBoard() throws IOException {
        Path file = folder.resolve("events");
        try (EventFile events = EventFile.open(file, -1, 1.5)) {
            events.append(300, Map.of("loss", 0.25), 2.5);
        }

        assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).isEqualTo(VERSION + SCALAR);
    }

    @Test
    void cutsLaterStepsAndTornRecords() throws IOException {
        Path file = folder.resolve("events");
        byte[] upToTwo;
        try (EventFile events = EventFile.open(file, -1, 1)) {
            events.append(1, Map.of("loss", 1.0), 1);
            events.append(2, Map.of("loss", 0.5), 1);
            events.flush();
            upToTwo = Files.readAllBytes(file);
            events.append(3, Map.of("loss", 0.2), 1);
        }
        byte[] all = Files.readAllBytes(file);

        EventFile.open(file, 2, 1).close();
        assertThat(Files.readAllBytes(file)).isEqualTo(upToTwo);

        for (int length = upToTwo.length; length < all.length; length++) {
            Files.write(file, Arrays.copyOf(all, length));
            EventFile.open(file, 9, 1).close();
            assertThat(Files.readAllBytes(file)).isEqualTo(upToTwo);
        }

        byte[] damaged = all.clone();
        damaged[upToTwo.length + 15] ^= 1;
        Files.write(file, damaged);
        EventFile.open(file, 9, 1).close();
        assertThat(Files.readAllBytes(file)).isEqualTo(upToTwo);
    }
}
