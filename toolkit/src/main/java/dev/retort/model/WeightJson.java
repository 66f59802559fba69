package dev.retort.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reads the small JSON documents of weight files, token by token, from untrusted bytes. */
final class WeightJson implements AutoCloseable {

    /** The reference implementation's bound for a header; indexes are held to it too. */
    static final int LONGEST = 100_000_000;

    private static final int DEEPEST = 16;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            // Hostile names would fill the table that names are shared through.
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    private final Path file;
    private final String part;
    private final JsonParser parser;

    /** @param part what the bytes are, for messages: "header" */
    WeightJson(Path file, String part, byte[] bytes) throws ModelFileException {
        this.file = file;
        this.part = part;
        try {
            // Jackson would guess UTF-16 from bytes; a strict decoder also refuses malformed UTF-8.
            parser = FACTORY.createParser(new InputStreamReader(
                    new ByteArrayInputStream(bytes),
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)));
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** The next token; null at the end. */
    JsonToken next() throws ModelFileException {
        try {
            return parser.nextToken();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Goes on to a token that must be of this kind. */
    void expect(JsonToken token, String what) throws ModelFileException {
        if (next() != token) {
            throw wrong(what);
        }
    }

    /** Goes on to the next field of the object: its name, or null at the object's end. */
    String nextField() throws ModelFileException {
        return next() == JsonToken.END_OBJECT ? null : text();
    }

    /** Goes on to a string. */
    String nextString(String what) throws ModelFileException {
        expect(JsonToken.VALUE_STRING, what);
        return text();
    }

    /** The whole number at hand, not negative. */
    long count(String what) throws ModelFileException {
        try {
            if (parser.currentToken() == JsonToken.VALUE_NUMBER_INT) {
                long value = parser.getLongValue();
                if (value >= 0) {
                    return value;
                }
            }
        } catch (JsonProcessingException e) {
            throw wrong(what);
        } catch (IOException e) {
            throw failure(e);
        }
        throw wrong(what);
    }

    /** Goes past the value that follows. */
    void skipNext() throws ModelFileException {
        next();
        try {
            parser.skipChildren();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** Makes sure that nothing but blanks follows. */
    void end() throws ModelFileException {
        if (next() != null) {
            throw new ModelFileException(file, part + " goes on after its JSON object; download it again");
        }
    }

    private String text() throws ModelFileException {
        try {
            return parser.getText();
        } catch (IOException e) {
            throw failure(e);
        }
    }

    /** The error for something that is not what it should be. */
    ModelFileException wrong(String what) {
        return new ModelFileException(file, what + "; download it again");
    }

    private ModelFileException failure(IOException e) {
        String why;
        if (e instanceof CharacterCodingException) {
            why = "is not UTF-8";
        } else if (e instanceof JsonProcessingException json) {
            why = "is not valid JSON (" + json.getOriginalMessage() + ")";
        } else {
            why = "cannot be read (" + e + ")";
        }
        return new ModelFileException(file, part + " " + why + "; download it again", e);
    }

    @Override
    public void close() throws ModelFileException {
        try {
            parser.close();
        } catch (IOException e) {
            throw failure(e);
        }
    }
}
