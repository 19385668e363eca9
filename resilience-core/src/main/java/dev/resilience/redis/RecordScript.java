package dev.resilience.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * What is done to a record in one step by the server. Each may be repeated by the same
 * owner.
 */
enum RecordScript {

	// Every script begins with the same look at the record: 'owner' is its owner, or ''
	// when there is none, 'body' where its head ends, 1 if it has none, 'ended' the
	// letter of what became of it, or '', and 'own' whether it names the owner who asks,
	// the first argument. The last script does without, as every claim in a cluster sends
	// it.

	/**
	 * Stores a result. ARGV: owner, head for a record that has none, result, ttl in ms.
	 * Answers 1, or 0 for a record that names another owner.
	 */
	COMPLETE("""
			if owner ~= '' and not own then return 0 end
			local head = body > 1 and string.sub(v, 1, body - 1) or ARGV[2]
			if ended ~= 'C' then redis.call('SET', KEYS[1], head .. ARGV[3], 'PX', ARGV[4])
			elseif body == 1 or #v > stop then
			  redis.call('SET', KEYS[1], head .. string.sub(v, start, stop), 'PX', ARGV[4])
			elseif redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
			return 1
			"""),

	/**
	 * Deletes a claim. ARGV: owner. Answers whether the owner has none now.
	 */
	RELEASE("""
			if owner == '' then return 1 end
			if not own or ended == 'C' then return 0 end
			redis.call('DEL', KEYS[1])
			return 1
			"""),

	/**
	 * Makes the lease last. ARGV: owner, lease in ms. Answers the time in microseconds,
	 * or 0 when the record is not the owner's.
	 */
	RENEW("""
			if not own then return 0 end
			if ended == '' then redis.call('PEXPIRE', KEYS[1], ARGV[2] + struct.unpack('>I8', v, 18)) end
			local t = redis.call('TIME')
			return t[1] * 1000000 + t[2]
			"""),

	/**
	 * Puts another claim in the place of an abandoned one. ARGV: owner, former owner,
	 * head, lease and ttl in ms. Answers the time in microseconds, or 0 when the record
	 * is not the former owner's, or not abandoned. A record that has more than its ttl
	 * left was abandoned by a clock that has stepped back since: then the answer is not
	 * before that moment.
	 */
	TAKE_OVER("""
			local ahead = 0
			if not own then
			  if owner ~= ARGV[2] or ended == 'C' then return 0 end
			  ahead = redis.call('PTTL', KEYS[1]) - struct.unpack('>I8', v, 18)
			  if ended == '' and ahead > 0 then return 0 end
			  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
			end
			local t = redis.call('TIME')
			return t[1] * 1000000 + t[2] + (ahead > 0 and (ahead + 1) * 1000 or 0)
			"""),

	/**
	 * Ends the lease for good. ARGV: owner. Answers whether the record is the owner's.
	 */
	ABANDON("""
			if not own then return 0 end
			if ended == '' then
			  redis.call('APPEND', KEYS[1], 'A' .. ARGV[1])
			  redis.call('PEXPIRE', KEYS[1], (struct.unpack('>I8', v, 18)))
			end
			return 1
			"""),

	/**
	 * Deletes what is not live. ARGV: owner, whether it must be this owner's and
	 * abandoned. Answers whether there was something.
	 */
	FORGET("""
			if not v or (ARGV[2] == '1' and (not own or ended == 'C')) then return 0 end
			if ended == '' and redis.call('PTTL', KEYS[1]) > struct.unpack('>I8', v, 18) then return 0 end
			redis.call('DEL', KEYS[1])
			return 1
			"""),

	/**
	 * Tells the time of the very node that holds the record. ARGV: owner. Answers it in
	 * microseconds, or 0 when the record is not the owner's.
	 */
	TIME("", """
			if redis.call('GETRANGE', KEYS[1], 1, 16) ~= ARGV[1] then return 0 end
			local t = redis.call('TIME')
			return t[1] * 1000000 + t[2]
			""");

	private static final String LOOK = """
			local v = redis.call('GET', KEYS[1])
			local owner, body, ended, start, stop = '', 1, '', 0, 0
			if v then
			  owner = string.sub(v, 2, 17)
			  if string.sub(v, 1, 1) == 'P' then
			    local length = struct.unpack('>I2', v, 35)
			    body = (length == 65535) and 37 or 37 + length
			  end
			  local at = body
			  while at <= #v and ended ~= 'C' do
			    local kind, next = string.sub(v, at, at), at + 17
			    if kind == 'C' then next = at + 29 + struct.unpack('>I4', v, at + 25) end
			    if string.sub(v, at + 1, at + 16) == owner then ended, start, stop = kind, at, next - 1 end
			    at = next
			  end
			end
			local own = owner ~= '' and owner == ARGV[1]
			""";

	private final String text;

	private final String sha;

	RecordScript(String body) {
		this(LOOK, body);
	}

	RecordScript(String begin, String body) {
		this.text = begin + body;
		try {
			byte[] digest = MessageDigest.getInstance("SHA-1").digest(this.text.getBytes(StandardCharsets.UTF_8));
			this.sha = HexFormat.of().formatHex(digest);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JDK has SHA-1", ex);
		}
	}

	String text() {
		return this.text;
	}

	String sha() {
		return this.sha;
	}

}
