// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// OpenGradient's registry of enclaves as far as its readers see it: the same functions, events and return values, written
/// anew for tests. Nobody owns it, and it checks no attestation: see `vouchFor`.
abstract contract EnclaveRegistry {
    struct Enclave {
        address owner;
        address paymentAddress;
        string endpoint;
        bytes publicKey;
        bytes tlsCertificate;
        bytes32 pcrHash;
        uint8 teeType;
        bool enabled;
        uint256 registeredAt;
        uint256 lastHeartbeatAt;
    }

    event TEERegistered(bytes32 indexed teeId, address indexed owner, uint8 teeType);
    event PCRApproved(bytes32 indexed pcrHash, uint8 indexed teeType, string version);
    event PCRRevoked(bytes32 indexed pcrHash, uint8 indexed teeType);

    error TEENotFound(bytes32 teeId);
    error AttestationRefused();

    uint256 private constant HEARTBEAT_SECONDS = 1800;

    mapping(bytes32 => Enclave) private enclaves;
    mapping(uint8 => mapping(bytes32 => bool)) private approved;
    mapping(bytes32 => bytes32) private measured;

    /// Not OpenGradient's. In place of its chain's own check of a document: what a document measures, told beforehand.
    function vouchFor(bytes32 documentHash, bytes32 pcrHash) external {
        measured[documentHash] = pcrHash;
    }

    /// The document stays in the transaction's calldata, where everybody finds it.
    function registerTEEWithAttestation(
        bytes calldata attestationDocument,
        bytes calldata signingPublicKey,
        bytes calldata tlsCertificate,
        address paymentAddress,
        string calldata endpoint,
        uint8 teeType
    ) external returns (bytes32 teeId) {
        bytes32 pcrHash = measured[keccak256(attestationDocument)];
        if (pcrHash == 0) revert AttestationRefused();
        teeId = keccak256(signingPublicKey);
        Enclave storage entry = enclaves[teeId];
        entry.owner = msg.sender;
        entry.paymentAddress = paymentAddress;
        entry.endpoint = endpoint;
        entry.publicKey = signingPublicKey;
        entry.tlsCertificate = tlsCertificate;
        entry.pcrHash = pcrHash;
        entry.teeType = teeType;
        entry.enabled = true;
        entry.registeredAt = block.timestamp;
        entry.lastHeartbeatAt = block.timestamp;
        emit TEERegistered(teeId, msg.sender, teeType);
    }

    function enableTEE(bytes32 teeId) external {
        entryOf(teeId).enabled = true;
    }

    function disableTEE(bytes32 teeId) external {
        entryOf(teeId).enabled = false;
    }

    /// OpenGradient's wants the enclave's signature.
    function heartbeat(bytes32 teeId) external {
        entryOf(teeId).lastHeartbeatAt = block.timestamp;
    }

    function approvePCR(uint8 teeType, bytes32 pcrHash, string calldata version) external {
        approved[teeType][pcrHash] = true;
        emit PCRApproved(pcrHash, teeType, version);
    }

    function revokePCR(uint8 teeType, bytes32 pcrHash) external {
        approved[teeType][pcrHash] = false;
        emit PCRRevoked(pcrHash, teeType);
    }

    function isPCRApproved(uint8 teeType, bytes32 pcrHash) public view returns (bool) {
        return approved[teeType][pcrHash];
    }

    function isTEEEnabled(bytes32 teeId) external view returns (bool) {
        return enclaves[teeId].enabled;
    }

    function isTEEActive(bytes32 teeId) external view returns (bool) {
        Enclave storage entry = enclaves[teeId];
        return
            entry.enabled &&
            block.timestamp <= entry.lastHeartbeatAt + HEARTBEAT_SECONDS &&
            isPCRApproved(entry.teeType, entry.pcrHash);
    }

    function entryOf(bytes32 teeId) internal view returns (Enclave storage entry) {
        entry = enclaves[teeId];
        if (entry.registeredAt == 0) revert TEENotFound(teeId);
    }
}

/// The older layout of an entry.
contract TenFieldRegistry is EnclaveRegistry {
    function getTEE(bytes32 teeId) external view returns (Enclave memory) {
        return entryOf(teeId);
    }
}

/// The newer layout: with the key for requests through a relay that sees no content (Oblivious HTTP), of which there is none here.
contract ElevenFieldRegistry is EnclaveRegistry {
    struct OhttpConfig {
        uint8 keyId;
        uint16 kemId;
        uint16 kdfId;
        uint16 aeadId;
        bytes publicKey;
        bytes keyConfig;
        uint256 registeredAt;
    }

    struct LongEnclave {
        address owner;
        address paymentAddress;
        string endpoint;
        bytes publicKey;
        bytes tlsCertificate;
        bytes32 pcrHash;
        uint8 teeType;
        bool enabled;
        uint256 registeredAt;
        uint256 lastHeartbeatAt;
        OhttpConfig ohttpConfig;
    }

    function getTEE(bytes32 teeId) external view returns (LongEnclave memory long) {
        Enclave storage entry = entryOf(teeId);
        long.owner = entry.owner;
        long.paymentAddress = entry.paymentAddress;
        long.endpoint = entry.endpoint;
        long.publicKey = entry.publicKey;
        long.tlsCertificate = entry.tlsCertificate;
        long.pcrHash = entry.pcrHash;
        long.teeType = entry.teeType;
        long.enabled = entry.enabled;
        long.registeredAt = entry.registeredAt;
        long.lastHeartbeatAt = entry.lastHeartbeatAt;
    }
}
