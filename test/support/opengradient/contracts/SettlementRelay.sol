// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// OpenGradient's settlement relay as far as its readers see it: two events. Nothing is stored, and nothing is checked.
contract SettlementRelay {
    event BatchSettlement(bytes32 indexed merkleRoot, uint256 batchSize, bytes walrusBlobId);
    event IndividualSettlement(
        bytes32 indexed teeId,
        address indexed ethAddress,
        bytes32 inputHash,
        bytes32 outputHash,
        uint256 timestamp,
        bytes walrusBlobId,
        bytes signature
    );

    function settleBatch(bytes32 merkleRoot, uint256 batchSize, bytes calldata walrusBlobId) external {
        emit BatchSettlement(merkleRoot, batchSize, walrusBlobId);
    }

    function settleIndividual(
        bytes32 teeId,
        address ethAddress,
        bytes32 inputHash,
        bytes32 outputHash,
        uint256 timestamp,
        bytes calldata walrusBlobId,
        bytes calldata signature
    ) external {
        emit IndividualSettlement(teeId, ethAddress, inputHash, outputHash, timestamp, walrusBlobId, signature);
    }
}
